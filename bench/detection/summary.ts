import { kindNamed } from './kinds.ts'
import { limitSeconds } from './limit.ts'
import { nearestPeer } from './nearest-peer.ts'
import { geometricMean, type Score } from './score.ts'
import { BAKE_MS, TICK_MS } from './world.ts'
import { SECTIONS, type Section } from './worlds.ts'

/** The promise that is checked: what a strategy gets that says nothing. */
const DEFAULT = 'default'
/** The same with nothing forgiven in latencies, for comparisons with those who forgive nothing. */
const EXACT = 'default, exact'
/** A limit below half a look cannot be told from the look itself, one beyond half of the bake cannot be expected to be reached. */
const LIMIT_MIN_SECONDS = TICK_MS / 2000
const LIMIT_MAX_SECONDS = BAKE_MS / 2000
/** Rates that are an outright failure beside a tenth of a per cent. */
const HARD_WORLDS: readonly string[] = ['.1→5', '.1→50']
/** Healthy worlds in which hosts are unlike each other or not yet warm, which tests of independent requests do not claim to stand. */
const UNLIKE_HOSTS: readonly string[] = ['noisy arms', 'host effects', 'cold start']

/** The figures by which the whole is judged; NaN where something they need was not measured. */
export type Summary = Readonly<Record<string, string | number | null>>

/** The geometric means and worst cases over all scores. */
export function summaryOf(scores: readonly Score[]): Summary {
  const healthy = ofSection('healthy', DEFAULT)
  const allHealthy = SECTIONS.healthy.map(({ name }) => name)
  const alikeAndWarm = allHealthy.filter((name) => !UNLIKE_HOSTS.includes(name))
  const failing = [...detectable('errors', DEFAULT), ...detectable('late', DEFAULT)]
  const errors = nearestPeer(scores, DEFAULT, allHealthy, failing)
  const latency = nearestPeer(scores, EXACT, allHealthy, detectable('latency', EXACT))
  const alikePeer = nearestPeer(scores, DEFAULT, alikeAndWarm, failing)
  const nearest = errors.slowerBy <= latency.slowerBy ? errors : latency
  return {
    worstFalseAlarmPct: worst(healthy.map(({ falseAlarmPct }) => falseAlarmPct)),
    worstFalseAlarmUpperPct: worst(healthy.map(({ falseAlarmUpperPct }) => falseAlarmUpperPct)),
    delayOverLimitStrict: overLimit('errors', 'strict'),
    delayOverLimitDefault: overLimit('errors', DEFAULT),
    lateOnsetOverLimit: overLimit('late', DEFAULT),
    latencyOverLimitStrict: overLimit('latency', 'strict latency'),
    /** With no slowness forgiven, so that it is asked what the limit is for. */
    latencyOverLimit: overLimit('latency', EXACT),
    /** With a tenth and 5 ms forgiven, against the limit of that question. */
    latencyOverLimitForgiving: overLimit('latency', DEFAULT),
    hardFailureTicks: worst(
      ofSection('errors', DEFAULT)
        .filter(({ world }) => HARD_WORLDS.includes(world))
        .map(({ meanSeconds }) => ((meanSeconds ?? Number.NaN) * 1000) / TICK_MS),
    ),
    nearestPeer: nearest.name,
    nearestPeerSlowerBy: nearest.slowerBy,
    nearestErrorPeer: errors.name,
    nearestErrorPeerSlowerBy: errors.slowerBy,
    nearestLatencyPeer: latency.name,
    nearestLatencyPeerSlowerBy: latency.slowerBy,
    /** Among peers that hold the promise only where hosts are alike and warm. */
    nearestPeerOfAlikeHosts: alikePeer.name,
    nearestPeerOfAlikeHostsSlowerBy: alikePeer.slowerBy,
  }

  function overLimit(section: Section, detector: string): number {
    const names = detectable(section, detector)
    return geometricMean(
      ofSection(section, detector)
        .filter(({ world }) => names.includes(world))
        .map(({ overLimit: ratio }) => ratio ?? Number.NaN),
    )
  }

  function ofSection(section: Section, detector: string): readonly Score[] {
    const names = new Set(SECTIONS[section].map(({ name }) => name))
    return scores.filter((score) => score.detector === detector && names.has(score.world))
  }
}

function worst(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.max(...values)
}

/** The worlds in which a detector can be asked to find something within the bake. */
function detectable(section: Section, detector: string): readonly string[] {
  const { forgives } = kindNamed(detector)
  return SECTIONS[section]
    .filter((world) => {
      const limit = limitSeconds(world, forgives) ?? Number.NaN
      return limit >= LIMIT_MIN_SECONDS && limit <= LIMIT_MAX_SECONDS
    })
    .map(({ name }) => name)
}
