import { TextProvider } from '@privexbot/ui/text/TextProvider.tsx';
import type { Texts } from '@privexbot/ui/text/texts.ts';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { makeRouter } from './router.tsx';

export function App({ texts }: { texts: Texts }) {
  const [router] = useState(() => makeRouter(texts));
  return (
    <TextProvider texts={texts}>
      <RouterProvider router={router} />
    </TextProvider>
  );
}
