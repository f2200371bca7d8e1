import '@privexbot/ui/jitless.ts';
import './styles.css';
import { loadCatalog } from 'virtual:catalogs';
import { openTexts } from '@privexbot/ui/text/texts.ts';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';

const texts = await openTexts(loadCatalog, navigator.languages);
const root = document.getElementById('root');
if (root) createRoot(root).render(<App texts={texts} />);
