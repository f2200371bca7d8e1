// A child that takes everything and never answers.
process.stdin.resume();
setInterval(() => {}, 60_000);
