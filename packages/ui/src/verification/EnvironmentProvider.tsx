import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useText } from '../text/TextProvider.tsx';
import { type Environment, type EnvironmentState, type Gate, gateOf, type ShieldState, shieldState } from './environment.ts';

interface EnvironmentValue extends EnvironmentState {
  shield: ShieldState;
  gate: Gate;
  environment: Environment;
}

const EnvironmentContext = createContext<EnvironmentValue | undefined>(undefined);

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const RETRY_MS = 5_000;
const MOST_DOUBLINGS = 4;

/** Tells everything below how the last check went, and has it made again when it runs out. */
export function EnvironmentProvider({ environment, children }: { environment: Environment; children: ReactNode }) {
  const state = useSyncExternalStore(environment.subscribe, environment.current);
  const [now, setNow] = useState(() => new Date());
  const validUntil = state.phase === 'checked' ? state.verdict?.validUntil : undefined;

  useEffect(() => {
    if (validUntil === undefined) return;
    const left = new Date(validUntil).getTime() - Date.now();
    // A verdict that was out of date when it came is for people to look at: asking again at once would not end.
    if (left <= 0) return setNow(new Date());
    const timer = setTimeout(() => environment.recheck(), Math.min(left, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }, [validUntil, environment]);
  const isUnreachable = state.phase === 'unreachable';
  useEffect(() => {
    if (!isUnreachable) return;
    let waits = 0;
    let timer: ReturnType<typeof setTimeout>;
    // A server that starts again is back in seconds, so nobody need press anything; one that stays away is asked ever more seldom.
    const ask = () => {
      if (!document.hidden) environment.recheck({ quietly: true });
      timer = setTimeout(ask, RETRY_MS * 2 ** Math.min(++waits, MOST_DOUBLINGS));
    };
    timer = setTimeout(ask, RETRY_MS);
    return () => clearTimeout(timer);
  }, [isUnreachable, environment]);
  useEffect(() => {
    const onOnline = () => {
      if (environment.current().phase === 'unreachable') environment.recheck();
    };
    addEventListener('online', onOnline);
    return () => removeEventListener('online', onOnline);
  }, [environment]);

  const value = useMemo(() => {
    const shield = shieldState(state, now);
    return { ...state, shield, gate: gateOf(shield), environment };
  }, [state, now, environment]);

  const isSimulated = state.verdict?.verdict === 'simulated';
  useEffect(() => void document.documentElement.classList.toggle('simulated', isSimulated), [isSimulated]);
  return (
    <EnvironmentContext value={value}>
      <SimulationStripe />
      {children}
      <ShieldAnnouncer />
    </EnvironmentContext>
  );
}

/** Says a change of the state once, however many shields a page has. */
function ShieldAnnouncer() {
  const t = useText();
  const { shield } = useEnvironment();
  return (
    <p role="status" className="sr-only">
      {t(`shield.${shield}`)}
    </p>
  );
}

/** Over every page of a development environment, so that nobody takes it for a protected one. */
function SimulationStripe() {
  const t = useText();
  if (useEnvironment().verdict?.verdict !== 'simulated') return null;
  return <p className="simulation-stripe">{t('simulation.stripe')}</p>;
}

/** Whether the server was verified since the page was opened: what a page asks for first waits for that, and is not asked for again after later checks. */
export function useWasOpen(): boolean {
  const { gate } = useEnvironment();
  const [wasOpen, setWasOpen] = useState(false);
  if (gate === 'open' && !wasOpen) setWasOpen(true);
  return wasOpen;
}

/** The last check, what it allows, and the ways to look closer. */
export function useEnvironment(): EnvironmentValue {
  const value = useContext(EnvironmentContext);
  if (!value) throw new Error('useEnvironment needs an EnvironmentProvider above it.');
  return value;
}
