/** As core's `bare`, of which only the types get here: an object that has these members and no others. */
export function bare<T extends object>(members: T): T {
  return Object.assign(new Bare(), members);
}

const Bare: new () => object = function () {} as never;
Object.defineProperty(Bare, "prototype", { value: Object.freeze(Object.create(null)) });
