/** A strategy with every way out, small enough to be read at a glance. */
export const SHOP_STRATEGY = `apiVersion: goaround.dev/v1
kind: Strategy
workload:
  name: shop
  components:
    - name: web
      replicas: 2
      platform:
        driver: exec
        deploy: [deploy, web, '{release}']
        state: [state, web]
        scale: [scale, web, '{replicas}']
traffic:
  driver: builtin
  listen: 127.0.0.1:8080
exposure:
  model: canary
  groups:
    - name: canary
      share: 5%
      bake: 10m
      minExposure: 100
    - name: everyone
      share: 100%
      bake: 20m
      manual: true
detection:
  metrics:
    - name: errors
      kind: error-rate
mitigations:
  fallback: {}
  rollback: {}
  bypasses:
    - name: no-recommendations
      flag:
        driver: flagd
        file: flags.json
        key: recommendations
        off: none
      covers: [/recommendations]
      usersLose: Nobody is shown recommendations.
      expiresAfter: 4h
  hotfix:
    effort: 1h
decision:
  tree:
    - name: switch-it-off
      when: able.bypass
      choose: bypass
      bypass: no-recommendations
      because: only one feature fails, and it can be switched off
    - name: go-back
      choose: fallback
      approvals:
        - role: release-captain
      because: the old stack is still there and healthy
    - name: restore
      choose: rollback
      because: everything goes back to the last known good state
`
