package org.postern.config;

import java.util.Optional;

/**
 * What there is to know of a setting of postern.toml. It is written once, where the setting is read; check-config,
 * show-config, the file that init writes and docs/settings.md have it from there.
 *
 * @param section the table that it stands in
 * @param name in that table
 * @param kind what its value is, in words, with the unit
 * @param meaning one sentence or two
 * @param otherwise the default, as the file would have it or in words; empty: there is none
 * @param example a value as the file has it
 * @param restart why a change takes a restart; empty: a reload takes it up
 * @param isSecret whether its value is not shown
 */
public record Description(
        Section section,
        String name,
        String kind,
        String meaning,
        String otherwise,
        String example,
        Optional<String> restart,
        boolean isSecret) {

    /**
     * A table.
     *
     * @param name dotted; empty for the top of the file
     * @param repeats whether it is one of an array of tables, {@code [[name]]}
     */
    public record Section(String name, boolean repeats, String meaning) {
        String key(String setting) {
            return name.isEmpty() ? setting : name + "." + setting;
        }

        /** The line that begins it; empty for the top of the file. */
        String header() {
            return name.isEmpty() ? "" : repeats ? "[[" + name + "]]" : "[" + name + "]";
        }
    }

    /** The whole name, dotted. */
    public String key() {
        return section.key(name);
    }
}
