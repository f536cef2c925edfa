import 'reflect-metadata/lite';
import { type Service, type Token } from '@sysimage/core';
import { Container, ContainerModule } from 'inversify';

/** Services that are put together. */
export interface Composition {
  /** Throws when the service, or one that it needs, is not bound, or when services need each other. */
  get<T>(token: Token<T>): T;
  /** For hosts that live on inversify themselves. */
  readonly container: Container;
}

/**
 * A list of services as one inversify module, under the symbols of their tokens: a singleton each, made when it is first asked for.
 * Of two for one token the later one counts.
 */
export function serviceModule(services: readonly Service[]): ContainerModule {
  const last = new Map(services.map((service) => [service.token.id, service]));
  return new ContainerModule(({ bind }) => {
    for (const service of last.values()) {
      bind(service.token.id)
        .toResolvedValue(
          (...resolved: unknown[]) => service.make(...resolved),
          service.dependencies.map(({ id }) => id),
        )
        .inSingletonScope();
    }
  });
}

/** Puts services together; a list ends with what replaces its defaults. */
export function compose(services: readonly Service[]): Composition {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(serviceModule(services));
  return { get: <T>(token: Token<T>): T => container.get<T>(token.id), container };
}
