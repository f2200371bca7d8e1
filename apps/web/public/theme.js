// Runs before the first paint, so that no page flashes in the wrong theme.
(() => {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem('theme');
    } catch {
      // Storage is refused: follow the system.
    }
    document.documentElement.classList.toggle('dark', chosen === 'dark' || (chosen !== 'light' && system.matches));
  };
  apply();
  system.addEventListener('change', apply);
  addEventListener('storage', apply);
  addEventListener('themechange', apply);
})();
