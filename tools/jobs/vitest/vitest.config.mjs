export default {
  test: {
    globals: true,
    cache: false,
    maxWorkers: 2,
    slowTestThreshold: 60_000,
    watch: false,
    include: ["tests/*.test.js"],
  },
};
