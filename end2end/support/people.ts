// Invented people, as they fill in the first form.

export interface Person {
  readonly firstName: string;
  readonly lastName: string;
  /** `YYYY-MM-DD`. */
  readonly born: string;
  readonly email: string;
  readonly phone: string;
  readonly countryName: string;
  readonly line1: string;
  readonly postalCode: string;
  readonly city: string;
  /** ICAO code of the documents' state; Norway's without it. */
  readonly nationality?: string;
}

/** The holder of the documents in the specimens' set. */
export const ingrid: Person = {
  firstName: 'Ingrid',
  lastName: 'Brandvold',
  born: '1987-03-14',
  email: 'ingrid.brandvold@example.org',
  phone: '+47 22 12 34 56',
  countryName: 'Norway',
  line1: 'Storgata 14',
  postalCode: '0184',
  city: 'Oslo',
};

/** Has the name and date of birth of an entry in the sample sanctions list. */
export const viktor: Person = {
  ...ingrid,
  firstName: 'Viktor',
  lastName: 'Zarenko',
  born: '1971-08-12',
  email: 'viktor.zarenko@example.org',
};

/** Sixteen years old today. */
export function underAge(today = new Date()): Person {
  // The 1st, since not every month has a 31st.
  const month = String(today.getUTCMonth() + 1).padStart(2, '0');
  return {
    ...ingrid,
    firstName: 'Sunniva',
    lastName: 'Halvorsen',
    born: `${today.getUTCFullYear() - 16}-${month}-01`,
    email: 'sunniva.halvorsen@example.org',
  };
}

const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
];

/** `14 March 1987`, as the pages write dates. */
export function inWords(iso: string): string {
  const [year, month, day] = iso.split('-').map(Number);
  return `${day ?? ''} ${MONTHS[(month ?? 1) - 1] ?? ''} ${year ?? ''}`;
}
