import { Button } from '@privexbot/ui/base/Button.tsx';
import { preloadMarkdown } from '@privexbot/ui/chat/Answer.tsx';
import { Composer } from '@privexbot/ui/chat/Composer.tsx';
import { MessageList } from '@privexbot/ui/chat/MessageList.tsx';
import { PassageSheet } from '@privexbot/ui/chat/PassageView.tsx';
import { useChat } from '@privexbot/ui/chat/use-chat.ts';
import { useOpenedPassage } from '@privexbot/ui/chat/use-opened-passage.ts';
import { toFailure } from '@privexbot/ui/failure.ts';
import { ErrorNote } from '@privexbot/ui/state/ErrorNote.tsx';
import { Skeleton } from '@privexbot/ui/state/Skeleton.tsx';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { ClosedNote } from '@privexbot/ui/verification/ClosedNote.tsx';
import { useWasOpen } from '@privexbot/ui/verification/EnvironmentProvider.tsx';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ChatAddress } from './address.ts';
import { ChatHeader } from './ChatHeader.tsx';
import { openHostLine } from './host.ts';
import { useVisitorPage } from './use-visitor-page.ts';
import { createVisitor } from './visitor.ts';

const QUESTION_LIMIT = 8_000;

/** The chat of a visitor, as a page of its own or inside the widget's frame. */
export function ChatPage({ address }: { address: ChatAddress }) {
  const t = useText();
  const visitor = useMemo(() => createVisitor(address), [address]);
  const [page, loadAgain] = useVisitorPage(visitor);
  const wasOpen = useWasOpen();
  const chat = useChat({ ask: visitor.ask, toFailure });
  const passage = useOpenedPassage((turn, citation) => visitor.openCitation(turn, citation.number), toFailure);
  const [deleted, setDeleted] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const unread = useRef(0);
  const onOpen = useCallback(() => {
    unread.current = 0;
    root.current?.querySelector('textarea')?.focus();
  }, []);
  const host = useMemo(() => openHostLine(address.host, onOpen), [address, onOpen]);
  const { dispatch } = chat;

  useEffect(() => {
    // Whatever is open inside takes Escape first and marks the event.
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open]')) host.send({ privexbot: 'close' });
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
      host.close();
    };
  }, [host]);
  useEffect(() => {
    // The frame is made when it is first opened, so its first moment is an opening too.
    if (host.inFrame) root.current?.querySelector('textarea')?.focus();
  }, [host]);
  useEffect(() => {
    preloadMarkdown();
    if (wasOpen) void visitor.turns().then((turns) => turns.length && dispatch({ type: 'loaded', turns }));
  }, [visitor, dispatch, wasOpen]);

  const finished = chat.turns.at(-1)?.state === 'answered';
  useEffect(() => {
    if (finished) host.send({ privexbot: 'unread', count: ++unread.current });
  }, [finished, host]);

  const title = page.state === 'ready' ? page.page.title : '';
  const destinations = page.state === 'ready' ? page.page.destinations : [];
  return (
    <div ref={root} className="flex h-window flex-col bg-canvas">
      <ChatHeader
        title={title}
        host={host}
        destinations={page.state === 'ready' ? destinations : undefined}
        canDelete={chat.turns.length > 0}
        onDelete={async () => {
          await visitor.delete();
          chat.reset();
          setDeleted(true);
        }}
      />
      <main className="flex min-h-0 flex-1 flex-col">
        {page.state === 'failed' ? (
          <div className="mx-auto w-full max-w-[72ch] p-4">
            {page.failure.code === 'not_found' ? (
              <p>{t('visitor.gone')}</p>
            ) : (
              <ErrorNote title={t('visitor.failed')} failure={page.failure} onRetry={loadAgain} />
            )}
          </div>
        ) : (
          <>
            <MessageList
              turns={chat.turns}
              start={
                page.state === 'ready' ? (
                  <Greeting
                    greeting={page.page.greeting || t('visitor.greeting')}
                    questions={chat.turns.length ? [] : page.page.suggestedQuestions}
                    onAsk={chat.send}
                  />
                ) : (
                  <Skeleton rows={2} className="h-6" />
                )
              }
              actions={{
                busy: chat.busy,
                onOpenCitation: passage.open,
                onRetry: chat.retry,
                onEdit: chat.edit,
                onBranch: ({ key }, step) => dispatch({ type: 'branch', key, step }),
                onFeedback: (turn, vote) => {
                  dispatch({ type: 'rated', key: turn.key, feedback: vote.vote });
                  visitor.feedback(turn, vote).catch(() => dispatch({ type: 'rated', key: turn.key, feedback: turn.feedback ?? null }));
                },
              }}
            />
            <div className="mx-auto flex w-full max-w-[76ch] flex-col gap-1 p-3 pt-0">
              <p role="status" className="text-dense text-success empty:hidden">
                {deleted && chat.turns.length === 0 ? t('visitor.deleted') : ''}
              </p>
              <ClosedNote />
              <Composer
                label={t('visitor.ask')}
                destinations={destinations}
                busy={chat.busy}
                limit={QUESTION_LIMIT}
                isPreparing={page.state === 'loading'}
                onSend={chat.send}
                onStop={chat.stop}
                lastQuestion={chat.turns.at(-1)?.question}
              />
              {page.state === 'ready' && (
                <p className="px-1 text-caption text-muted">
                  {page.page.answers === 'written' ? t('visitor.written') : t('visitor.quotes')} {t('visitor.privacy')}
                </p>
              )}
            </div>
          </>
        )}
      </main>
      <PassageSheet opening={passage.opening} onClose={passage.close} onRetry={passage.retry} />
    </div>
  );
}

function Greeting({ greeting, questions, onAsk }: { greeting: string; questions: readonly string[]; onAsk: (question: string) => void }) {
  return (
    <div className="flex flex-col items-start gap-3">
      <p dir="auto" className="text-reading whitespace-pre-wrap">
        {greeting}
      </p>
      {questions.map((question) => (
        <Button key={question} className="h-auto py-1.5 text-start whitespace-normal" onClick={() => onAsk(question)}>
          <bdi>{question}</bdi>
        </Button>
      ))}
    </div>
  );
}
