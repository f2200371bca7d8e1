export function KnowledgeList() {
  return null;
}
