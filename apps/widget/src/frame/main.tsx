import '@privexbot/ui/jitless.ts';
import '../styles.css';
import { loadCatalog } from 'virtual:catalogs';
import { TextProvider } from '@privexbot/ui/text/TextProvider.tsx';
import { openTexts } from '@privexbot/ui/text/texts.ts';
import { createRoot } from 'react-dom/client';
import { readAddress } from './address.ts';
import { ChatPage } from './ChatPage.tsx';

const texts = await openTexts(loadCatalog, navigator.languages);
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <TextProvider texts={texts}>
      <ChatPage address={readAddress(location)} />
    </TextProvider>,
  );
