package org.postern.chain;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An environment, as octet strings: a value that is handed on, never the process's own. Order is kept. */
public final class Env {
    private final Map<String, String> variables;

    private Env(Map<String, String> variables) {
        this.variables = variables;
    }

    public static Env empty() {
        return new Env(Map.of());
    }

    /** @param entries {@code NAME=value} each; the first of two with one name counts, as for getenv(3) */
    public static Env of(List<String> entries) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String entry : entries) {
            int equals = entry.indexOf('=');
            if (equals >= 0) {
                variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return new Env(variables);
    }

    public @Nullable String get(String name) {
        return variables.get(name);
    }

    public Optional<String> find(String name) {
        return Optional.ofNullable(variables.get(name));
    }

    public boolean has(String name) {
        return variables.containsKey(name);
    }

    public Env with(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(variables);
        changed.put(name, value);
        return new Env(changed);
    }

    /** All of these set, one copy; a null value takes the name away. */
    public Env withAll(Map<String, ? extends @Nullable String> changes) {
        Map<String, String> changed = new LinkedHashMap<>(variables);
        changes.forEach((name, value) -> {
            if (value == null) {
                changed.remove(name);
            } else {
                changed.put(name, value);
            }
        });
        return new Env(changed);
    }

    public Env without(String name) {
        if (!variables.containsKey(name)) {
            return this;
        }
        Map<String, String> changed = new LinkedHashMap<>(variables);
        changed.remove(name);
        return new Env(changed);
    }

    /** {@code NAME=value} each, as a process gets them. */
    public List<String> entries() {
        List<String> entries = new ArrayList<>(variables.size());
        variables.forEach((name, value) -> entries.add(name + "=" + value));
        return entries;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Env e && variables.equals(e.variables);
    }

    @Override
    public int hashCode() {
        return variables.hashCode();
    }

    @Override
    public String toString() {
        return variables.toString();
    }
}
