import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { useText } from '@privexbot/ui/text/TextProvider.tsx';
import { useNavigate } from '@tanstack/react-router';
import type { Organization } from '../session/session.ts';
import { type Command, type CommandGroup, useCommands } from './use-commands.ts';

interface Props {
  organization: Organization | undefined;
  workspace: string | undefined;
  onClose: () => void;
  onShortcuts: () => void;
}

/** Go to, do, find. What is searched lies in this page already: nothing typed here is sent anywhere. */
export function Palette({ organization, workspace, onClose, onShortcuts }: Props) {
  const t = useText();
  const navigate = useNavigate();
  const groups = useCommands({ organization, workspace, onShortcuts });

  function run(command: Command): void {
    onClose();
    if (command.link) void navigate(command.link);
    else command.run?.();
  }

  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-30 bg-scrim" />
        <Dialog.Viewport className="fixed inset-0 z-30 grid justify-items-center p-4 pt-[12dvh]">
          <Dialog.Popup
            aria-label={t('palette.open')}
            className="flex max-h-[70dvh] w-full max-w-xl flex-col self-start overflow-hidden rounded-sheet border border-line bg-raised text-ink shadow-dialog outline-none"
          >
            <Autocomplete.Root
              open
              inline
              items={groups}
              autoHighlight="always"
              keepHighlight
              itemToStringValue={(item: Command) => item.label}
            >
              <Autocomplete.Input
                aria-label={t('palette.open')}
                placeholder={t('palette.placeholder')}
                className="h-12 w-full shrink-0 border-b border-line bg-transparent px-4 text-reading outline-none"
              />
              <Dialog.Close className="sr-only">{t('dialog.close')}</Dialog.Close>
              <Autocomplete.Empty className="px-4 py-3 text-body text-muted empty:hidden">{t('palette.empty')}</Autocomplete.Empty>
              <Autocomplete.List className="min-h-0 overflow-y-auto py-2 data-empty:py-0">
                {(group: CommandGroup) => (
                  <Autocomplete.Group key={group.value} items={group.items}>
                    <Autocomplete.GroupLabel className="px-4 pt-2 pb-1 text-caption font-medium text-muted">
                      {group.value}
                    </Autocomplete.GroupLabel>
                    <Autocomplete.Collection>
                      {(command: Command) => (
                        <Autocomplete.Item
                          key={command.value}
                          value={command}
                          onClick={() => run(command)}
                          className="control mx-2 flex cursor-pointer items-center gap-3 rounded-control px-2 text-body outline-none data-highlighted:bg-sunken"
                        >
                          <bdi className="min-w-0 flex-1 truncate">{command.label}</bdi>
                          {command.keys && <kbd className="text-caption text-muted">{command.keys}</kbd>}
                        </Autocomplete.Item>
                      )}
                    </Autocomplete.Collection>
                  </Autocomplete.Group>
                )}
              </Autocomplete.List>
            </Autocomplete.Root>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
