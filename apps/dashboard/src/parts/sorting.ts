export interface Order<Column extends string> {
  by: Column;
  isDescending: boolean;
}

export type Sortable = number | string | null | undefined;

/** Items in order; those without a value come last either way, equal ones stay as they were. */
export function sorted<T>(items: readonly T[], value: (item: T) => Sortable, isDescending: boolean): T[] {
  const sign = isDescending ? -1 : 1;
  return items
    .map((item) => ({ item, value: value(item) ?? null }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      if (typeof a.value === 'string' || typeof b.value === 'string')
        return sign * String(a.value).localeCompare(String(b.value), undefined, { numeric: true });
      return sign * (a.value - b.value);
    })
    .map(({ item }) => item);
}

/** The order after a click on a column's head: another column, or the other way round. */
export const clicked = <Column extends string>(
  order: Order<Column>,
  by: Column,
  isDescendingFirst: boolean,
): Order<Column> =>
  order.by === by ? { by, isDescending: !order.isDescending } : { by, isDescending: isDescendingFirst };
