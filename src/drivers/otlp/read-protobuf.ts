import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Field, Message } from './wire-messages.ts'

/** A message may be nested this deep; metrics need eight levels. */
const DEPTH_MAX = 20

/** Reads a protobuf message as the object that its JSON form would be; throws for bytes that are none. */
export function readProtobuf(bytes: Uint8Array, message: Message): Record<string, unknown> {
  const reader = new BinaryReader(bytes)
  return readMessage(reader, reader.len, message, 0)
}

function readMessage(
  reader: BinaryReader,
  end: number,
  message: Message,
  depth: number,
): Record<string, unknown> {
  if (depth > DEPTH_MAX) throw new RangeError('nested too deeply')
  const read: Record<string, unknown> = {}
  while (reader.pos < end) {
    const [number, wire] = reader.tag()
    const field = message.get(number)
    if (field === undefined) {
      reader.skip(wire, number)
      continue
    }
    const values = readValues(reader, wire, field, depth)
    const before = read[field.name]
    if (field.repeated === undefined) read[field.name] = values.at(-1)
    else if (Array.isArray(before)) before.push(...values)
    else read[field.name] = values
  }
  return read
}

/** One value, or the several of a packed list. */
function readValues(
  reader: BinaryReader,
  wire: WireType,
  { type, repeated }: Field,
  depth: number,
): unknown[] {
  if (typeof type !== 'string') {
    const length = reader.uint32()
    return [readMessage(reader, reader.pos + length, type, depth + 1)]
  }
  const isPacked = repeated !== undefined && wire === WireType.LengthDelimited && type !== 'string'
  if (!isPacked) return [reader[type]()]
  const length = reader.uint32()
  const end = reader.pos + length
  const values: unknown[] = []
  while (reader.pos < end) values.push(reader[type]())
  return values
}

/** The answer to an export in protobuf: what of it was not taken in, and why. */
export function writePartialSuccess(rejected: number, why: string): Uint8Array {
  if (rejected === 0) return new Uint8Array()
  const partial = new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(rejected)
    .tag(2, WireType.LengthDelimited)
    .string(why)
    .finish()
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(partial).finish()
}

/** `google.rpc.Status`, which OTLP/HTTP answers failures with. */
export function writeStatus(code: number, why: string): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(code)
    .tag(2, WireType.LengthDelimited)
    .string(why)
    .finish()
}
