export function KnowledgeBase() {
  return null;
}
