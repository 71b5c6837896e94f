/** `utm_*` as Segment names it (`utm_campaign` is `name`), and the click ids of ad networks under their own names. */
export const campaignOf = (search: string): Record<string, string> | undefined => {
  const found: [string, string][] = []
  new URLSearchParams(search).forEach((value, key) => {
    const match = /^(?:utm_(\w+)|([gdty]clid|[gw]braid|fbclid|msclkid|ttclid|twclid|li_fat_id))$/.exec(key)
    if (match && value) found.push([match[1] === 'campaign' ? 'name' : match[1] || key, value])
  })
  // A parameter given twice: its first value, as URLSearchParams.get has it.
  return found.length ? Object.fromEntries(found.reverse()) : undefined
}
