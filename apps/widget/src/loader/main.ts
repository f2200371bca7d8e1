/** The script on the host page: one button; the chat's frame is made when it is first opened, and nothing is fetched before. */
import { readMessage, type ToFrame } from '../messages.ts';
import { STYLE } from './style.ts';

const LABELS: Record<string, [open: string, close: string, frame: string]> = {
  en: ['Open chat', 'Close chat', 'Chat'],
  es: ['Abrir el chat', 'Cerrar el chat', 'Chat'],
};

const script = document.currentScript as HTMLScriptElement | null;
const slug = script?.dataset.bot;
if (script && slug) {
  const start = () => mount(new URL(script.src).origin, slug, script.dataset);
  // An async script in the head may run before there is a body.
  if (document.body) start();
  else addEventListener('DOMContentLoaded', start);
}

function mount(origin: string, bot: string, { label, pin }: DOMStringMap): void {
  const language = document.documentElement.lang.split('-')[0] ?? 'en';
  const [open, close, frameTitle] = LABELS[language] ?? (LABELS.en as [string, string, string]);
  const openLabel = label ?? open;
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  let frame: HTMLIFrameElement | undefined;
  let loaded = false;
  const isOpen = () => frame !== undefined && !frame.hidden;

  const button = document.createElement('button');
  const unread = document.createElement('span');
  button.type = 'button';
  button.append(icon(), unread);
  button.onclick = () => show(!isOpen());
  setLabel();
  root.append(button);
  document.body.append(host);

  function setLabel(): void {
    const waiting = unread.textContent;
    button.setAttribute('aria-label', isOpen() ? close : waiting ? `${openLabel} (${waiting})` : openLabel);
    button.setAttribute('aria-expanded', String(isOpen()));
  }

  function show(wanted: boolean): void {
    if (wanted && !frame) {
      frame = document.createElement('iframe');
      frame.title = frameTitle;
      frame.allow = 'clipboard-write';
      // The pin goes in the fragment, which no server sees: one that could read it could answer for it.
      const fragment = pin === undefined ? '' : `#pin=${encodeURIComponent(pin)}`;
      frame.src = `${origin}/w/${encodeURIComponent(bot)}?host=${encodeURIComponent(location.origin)}${fragment}`;
      frame.onload = () => {
        loaded = true;
        enter();
      };
      root.append(frame);
    }
    if (!frame) return;
    frame.hidden = !wanted;
    if (wanted) {
      unread.textContent = '';
      enter();
    } else button.focus();
    setLabel();
  }

  /** Focus goes into the frame; the frame puts it on the composer. */
  function enter(): void {
    frame?.focus();
    if (loaded) frame?.contentWindow?.postMessage({ privexbot: 'open' } satisfies ToFrame, origin);
  }

  addEventListener('message', (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow) return;
    const message = readMessage(event.data);
    if (message?.privexbot === 'close') show(false);
    if (message?.privexbot === 'resize') frame.classList.toggle('expanded', message.expanded === true);
    if (message?.privexbot === 'unread' && !isOpen()) {
      unread.textContent = message.count > 0 ? String(Math.min(Number(message.count) || 0, 99)) : '';
      setLabel();
    }
  });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && isOpen()) show(false);
  });
}

function icon(): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  const path = document.createElementNS(namespace, 'path');
  for (const [name, value] of Object.entries({
    viewBox: '0 0 24 24',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '1.75',
    'aria-hidden': 'true',
  }))
    svg.setAttribute(name, value);
  path.setAttribute('d', 'M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z');
  svg.append(path);
  return svg;
}
