import '@privexbot/ui/jitless.ts';
import '../styles.css';
import { loadCatalog, loadPanel } from 'virtual:catalogs';
import { TextProvider } from '@privexbot/ui/text/TextProvider.tsx';
import { openTexts } from '@privexbot/ui/text/texts.ts';
import { EnvironmentProvider } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { createRoot } from 'react-dom/client';
import { readAddress } from './address.ts';
import { ChatPage } from './ChatPage.tsx';
import { line } from './line.ts';

const texts = await openTexts(loadCatalog, navigator.languages);
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <TextProvider texts={texts} panel={loadPanel}>
      <EnvironmentProvider environment={line}>
        <ChatPage address={readAddress(location)} />
      </EnvironmentProvider>
    </TextProvider>,
  );
