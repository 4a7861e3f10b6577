const query = new URLSearchParams(location.search);

/** The settings in the page's address. The form shows them and sends new ones. */
export const settings = {
  penalty: (query.get('penalty') as 'all' | 'middle' | 'none' | null) ?? 'none',
  strength: Number(query.get('strength') ?? 1e-3),
  samples: query.get('samples') ?? 'page',
  epochs: Number(query.get('epochs') ?? 10),
  images: Number(query.get('images') ?? 1024),
  /** Steps between samples. */
  every: Number(query.get('every') ?? 8),
};

for (const [name, value] of Object.entries(settings)) {
  const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(`form [name=${name}]`);
  if (field) field.value = String(value);
}
