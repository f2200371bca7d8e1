import { useTexts } from '../text/TextProvider.tsx';

const THIS_MACHINE = 'this machine';

/** The same places as a short list, for a table. */
export function Destinations({ places }: { places: readonly string[] }) {
  const { t, formats } = useTexts();
  return formats.list(places.map((place) => (place === THIS_MACHINE ? t('destination.thisMachine') : place)));
}

/** Where what is typed here will go. Stands next to every button that sends. */
export function DestinationLine({ destinations, className = '' }: { destinations: readonly string[]; className?: string }) {
  const { t, formats } = useTexts();
  const outside = destinations.filter((place) => place !== THIS_MACHINE);
  const text = outside.length === 0 ? t('destination.here') : t('destination.outside', { places: formats.list(outside) });
  return <p className={`text-caption ${outside.length ? 'font-medium text-warning' : 'text-muted'} ${className}`}>{text}</p>;
}
