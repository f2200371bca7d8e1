export function BotScreen() {
  return null;
}
