import type { Remark } from '../remark.ts'
import type { Strategy } from '../schema.ts'

/** The parts of a strategy whose own shape is right. */
export type Sections = { readonly [Name in keyof Strategy]?: Strategy[Name] | undefined }

/** Looks at how the parts of a strategy fit together. */
export type Check = (sections: Sections) => readonly Remark[]

/**
 * A check that looks once all the sections it needs are well shaped. So a slip in one section
 * hides as little as possible of what is wrong with the others.
 */
export function check<Name extends keyof Strategy>(
  needs: readonly Name[],
  look: (strategy: Pick<Strategy, Name>) => readonly Remark[],
): Check {
  return (sections) => {
    if (needs.some((name) => sections[name] === undefined)) return []
    // Just seen: every section that the check may touch is there.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return look(sections as Pick<Strategy, Name>)
  }
}
