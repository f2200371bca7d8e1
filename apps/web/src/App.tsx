import { loadPanel } from 'virtual:catalogs';
import { TextProvider } from '@privexbot/ui/text/TextProvider.tsx';
import type { Texts } from '@privexbot/ui/text/texts.ts';
import { EnvironmentProvider } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { line } from './line.ts';
import { makeRouter } from './router.tsx';

export function App({ texts }: { texts: Texts }) {
  const [router] = useState(() => makeRouter(texts));
  return (
    <TextProvider texts={texts} panel={loadPanel}>
      <EnvironmentProvider environment={line}>
        <RouterProvider router={router} />
      </EnvironmentProvider>
    </TextProvider>
  );
}
