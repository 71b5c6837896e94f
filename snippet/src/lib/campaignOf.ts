/**
 * `utm_*` as Segment names it (`utm_campaign` is `name`), and the click ids of ad networks under their own names. Of a
 * parameter that is given twice, the first value.
 */
export const campaignOf = (search: string): Record<string, string> | undefined => {
  let found: Record<string, string> | undefined
  new URLSearchParams(search).forEach((value, key) => {
    const [, utm] = /^(?:utm_(\w+)|\w+clk?id|[gw]braid|li_fat_id)$/.exec(key) || [, 0]
    // No prototype: whatever the parameter is called, it is only a name here.
    if (utm !== 0 && value) (found ??= Object.create(null))![utm === 'campaign' ? 'name' : utm || key] ??= value
  })
  return found
}
