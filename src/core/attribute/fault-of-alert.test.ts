import { describe, expect, test } from 'vitest'
import { faultOfAlert } from './fault-of-alert.ts'

describe('an alert that names no rollout', () => {
  test('becomes a fault of the node and the cluster that its labels name', () => {
    const labels = { instance: '10.0.0.7:9100', cluster: 'west-1', severity: 'page' }
    expect(faultOfAlert({ name: 'DiskErrors', labels, startsAt: 1_000 })).toStrictEqual({
      signature: 'DiskErrors',
      node: '10.0.0.7:9100',
      cluster: 'west-1',
      at: 1_000,
    })
  })

  test('leaves the cluster to the fleet when no label names one', () => {
    const alert = { name: 'DiskErrors', labels: { node: 'n7', instance: 'x' }, startsAt: 5 }
    expect(faultOfAlert(alert)).toStrictEqual({ signature: 'DiskErrors', node: 'n7', at: 5 })
  })

  test('is no fault when no label names a node, or its name is too long to keep', () => {
    expect(faultOfAlert({ name: 'SlowSearch', labels: { job: 'a' }, startsAt: 5 })).toBeNull()
    const long = { name: 'x'.repeat(201), labels: { node: 'n7' }, startsAt: 5 }
    expect(faultOfAlert(long)).toBeNull()
  })
})
