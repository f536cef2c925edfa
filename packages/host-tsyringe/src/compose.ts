// tsyringe looks for the Reflect API when it is loaded.
import 'reflect-metadata';
import { type Service, type Token } from '@sysimage/core';
import { container as hostContainer, type DependencyContainer } from 'tsyringe';

/** Services that are put together. */
export interface Composition {
  /** Throws when the service, or one that it needs, is not bound, or when services need each other. */
  get<T>(token: Token<T>): T;
  /** For hosts that live on tsyringe themselves. */
  readonly container: DependencyContainer;
}

/**
 * Registers a list of services in a container that is there already, under the symbols of their tokens: a singleton each, made when
 * it is first asked for. Of two for one token the later one counts, and what is registered afterwards replaces both.
 *
 * A service gets what it needs from this container, wherever it is asked for: what a child of the container replaces is not seen by
 * singletons that all children share. A host that wants other bindings for one part of itself registers the list in that child.
 */
export function registerServices(container: DependencyContainer, services: readonly Service[]): void {
  const last = new Map(services.map((service) => [service.token.id, service]));
  const making: symbol[] = [];
  for (const service of last.values()) {
    const { id } = service.token;
    const make = once(() => {
      if (making.includes(id)) throw new Error(`services need each other: ${[...making, id].map(nameOf).join(' → ')}`);
      making.push(id);
      try {
        return service.make(...service.dependencies.map((needed) => resolveFor(id, needed.id, container)));
      } finally {
        making.pop();
      }
    });
    container.register(id, { useFactory: make });
  }
}

/** Puts services together in a container of their own below `parent`, which has what no service of the list brings. */
export function compose(services: readonly Service[], parent: DependencyContainer = hostContainer): Composition {
  const container = parent.createChildContainer();
  registerServices(container, services);
  return { get: <T>(token: Token<T>): T => resolve<T>(token.id, container), container };
}

function resolveFor(id: symbol, needed: symbol, container: DependencyContainer): unknown {
  if (container.isRegistered(needed, true)) return resolve(needed, container);
  throw new Error(`${nameOf(id)} needs ${nameOf(needed)}, which nobody bound`);
}

function resolve<T>(id: symbol, container: DependencyContainer): T {
  if (!container.isRegistered(id, true)) throw new Error(`nobody bound ${nameOf(id)}`);
  return container.resolve<T>(id);
}

function nameOf(id: symbol): string {
  return id.description ?? 'a service without a name';
}

/** tsyringe's own cache takes `undefined` for a value that is not made yet. */
function once(make: () => unknown): () => unknown {
  let made: { readonly value: unknown } | undefined;
  return () => (made ??= { value: make() }).value;
}
