/**
 * A shell program that becomes a command, at most once. It writes its own pid, group and start time
 * into the claim, which only one process can ever create, and looks whether it is still wanted;
 * only then it turns into the command, keeping pid and start time. So at no moment is there a
 * command without a claim. The order matters: who changes the want writes the guard first and
 * looks at claims afterwards, so that one of the two sees the other.
 *
 * Arguments: claim, guard, the guard's expected line, group (empty: its own), command and arguments.
 */
export const CLAIM_AND_BECOME = `
claim=$1 guard=$2 token=$3 group=$4
shift 4
started() { shift 19; identity="$boot:$1"; }
if [ -r /proc/sys/kernel/random/boot_id ]; then
  read -r boot < /proc/sys/kernel/random/boot_id
  read -r stat < "/proc/$$/stat"
  rest=\${stat##*) }
  started $rest
else
  identity=$(LC_ALL=C TZ=UTC command -p ps -o lstart= -p $$ | command -p awk '{$1=$1; gsub(/ /, "_"); print}')
fi
[ -n "$group" ] || group=$$
draft="$claim.$$.draft"
printf '%s %s %s\\n' "$$" "$group" "$identity" > "$draft" || exit 75
if command -p ln "$draft" "$claim" 2> /dev/null; then
  command -p rm -f "$draft"
else
  command -p rm -f "$draft"
  exit 75
fi
now=
[ -r "$guard" ] && read -r now < "$guard"
if [ "$now" != "$token" ]; then
  : > "$claim.withdrawn"
  exit 75
fi
exec "$@"
`

/** Exit code of a launcher that lost the claim or came too late; the command never ran. */
export const NOT_BECOME = 75

/** What a launcher wrote into its claim. */
export interface Claim {
  readonly pid: number
  readonly group: number
  readonly identity: string
}

/** Reads a claim as the launcher wrote it. */
export function parseClaim(text: string): Claim {
  const [pid = '', group = '', identity = ''] = text.trim().split(' ')
  return { pid: Number(pid), group: Number(group), identity }
}
