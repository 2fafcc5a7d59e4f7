package org.postern.event;

/** Who wants to know what happens. Called from any thread; must not block for long. */
@FunctionalInterface
public interface Events {
    void tell(Event event);
}
