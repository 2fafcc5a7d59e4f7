package org.postern.config;

/**
 * Something wrong in a settings file.
 *
 * @param file the file
 * @param line the line, from 1; 0 where the file lacks something
 * @param key the setting, dotted
 * @param what what is wrong, with the value, and the remedy
 */
public record Problem(String file, int line, String key, String what) {
    @Override
    public String toString() {
        return file + (line > 0 ? ":" + line : "") + ": " + (key.isEmpty() ? "" : key + ": ") + what;
    }
}
