package org.postern.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What comes of reading a file: what is wrong in it, and every setting that was asked for, in that order. */
final class Reading {
    private static final int TOO_OPEN = 027;

    final Path file;
    final Runner runner;
    final List<Problem> problems = new ArrayList<>();
    final List<Setting> settings = new ArrayList<>();
    /** Whether the aim is to learn what settings there are, those of arrays without a table included. */
    final boolean describes;

    private Reading(Path file, Runner runner, boolean describes) {
        this.file = file;
        this.runner = runner;
        this.describes = describes;
    }

    static Reading of(Path file, Runner runner) {
        return new Reading(file, runner, false);
    }

    static Reading ofNothing(Runner runner) {
        return new Reading(Path.of("postern.toml"), runner, true);
    }

    void problem(int line, String key, String what) {
        problems.add(new Problem(file.toString(), line, key, what));
    }

    /** Whether a secret would be safe in the file. */
    boolean isOpenToOthers() {
        try {
            return ((int) Files.getAttribute(file, "unix:mode") & TOO_OPEN) != 0;
        } catch (NoSuchFileException e) {
            return false; // It is to be made.
        } catch (IOException e) {
            return true;
        }
    }
}
