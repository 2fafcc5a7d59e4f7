package org.postern.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.config.PosternToml;
import org.postern.config.Problem;
import org.postern.config.Setting;
import org.postern.config.SettingsException;

/** What came of reading the settings anew. */
public sealed interface Reload {
    /**
     * They count from now on.
     *
     * @param changed the settings that are other than before and have been taken up
     * @param waiting those that take a restart, each with the reason
     */
    record Taken(List<String> changed, List<String> waiting) implements Reload {
        /** For people: a line for each kind. */
        public List<String> lines() {
            List<String> lines = new ArrayList<>();
            lines.add(changed.isEmpty() ? "no setting to take up" : "taken up: " + String.join(", ", changed));
            waiting.forEach(each -> lines.add("needs a restart: " + each));
            return lines;
        }
    }

    /** The old ones stay. */
    record Refused(List<String> problems) implements Reload {}

    /** Where settings are read from. */
    @FunctionalInterface
    interface Source {
        PosternToml read() throws SettingsException;
    }

    /**
     * What is other in the file than it is in this process.
     *
     * @param started the settings it was started with
     * @param now those that count now
     */
    static Taken between(PosternToml started, PosternToml now, PosternToml file) {
        Map<String, Setting> before = byKey(now);
        // What takes a restart is still as it was at the start.
        started.each().stream()
                .filter(setting -> setting.description().restart().isPresent())
                .forEach(setting -> before.put(setting.key(), setting));
        Map<String, Setting> after = byKey(file);
        Set<String> keys = new LinkedHashSet<>(before.keySet());
        keys.addAll(after.keySet());
        Set<String> changed = new LinkedHashSet<>();
        List<String> waiting = new ArrayList<>();
        for (String key : keys) {
            Setting old = before.get(key);
            Setting other = after.get(key);
            if (old == null || other == null) {
                // A table of an array came or went: told once, by its own name.
                changed.add(key.substring(0, key.lastIndexOf('.')));
            } else if (!old.value().equals(other.value())) {
                other.description()
                        .restart()
                        .ifPresentOrElse(why -> waiting.add(key + ", since " + why), () -> changed.add(key));
            }
        }
        return new Taken(List.copyOf(changed), waiting);
    }

    private static Map<String, Setting> byKey(PosternToml toml) {
        Map<String, Setting> all = new LinkedHashMap<>();
        toml.each().forEach(setting -> all.put(setting.key(), setting));
        return all;
    }

    static Refused refused(SettingsException why) {
        return new Refused(why.problems().stream().map(Problem::toString).toList());
    }
}
