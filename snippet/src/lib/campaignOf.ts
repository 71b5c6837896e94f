/**
 * `utm_*` as Segment names it (`utm_campaign` is `name`), and the click ids of ad networks under their own names. Of a
 * parameter that is given twice, the first value.
 */
export const campaignOf = (search: string): Record<string, string> | undefined => {
  const found = [...new URLSearchParams(search)].flatMap(([key, value]) => {
    const [known, utm] = /^(?:utm_(\w+)|\w+clk?id|[gw]braid|li_fat_id)$/.exec(key) || []
    return known && value ? [[utm === 'campaign' ? 'name' : utm || key, value]] : []
  })
  // Whatever a parameter is called, here it is only a name; of two, the last in this order stays.
  return found[0] && Object.fromEntries(found.reverse())
}
