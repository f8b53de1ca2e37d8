/** What stands at a dotted path of a JSON value: `items.0.name`. Undefined when nothing does. */
export function valueAt(value: unknown, path: string): unknown {
  let here = value
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = Reflect.get(here, step)
  }
  return here
}
