export default { test: { globals: true, cache: false, maxWorkers: 2, watch: false, include: ["tests/*.test.js"] } };
