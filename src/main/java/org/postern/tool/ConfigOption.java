package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.config.Problem;
import org.postern.config.Runner;
import org.postern.config.SettingsException;
import picocli.CommandLine.Option;

/** The option by which a command is told which settings are meant. */
final class ConfigOption {
    static final int BAD_SETTINGS = 100;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The settings; default: /etc/postern/postern.toml, else those in ~/.config/postern.")
    private @Nullable Path config;

    /** The file, for a command that can do without. */
    Optional<Path> find(Runner runner) {
        return ConfigFile.find(config, runner);
    }

    /** The file, for a command that cannot. */
    Path demand(Runner runner) throws IOException {
        return ConfigFile.demand(config, runner);
    }

    /** Tells what is wrong with it, a line each; the exit code. */
    static int refused(SettingsException bad) {
        for (Problem problem : bad.problems()) {
            System.err.println(problem);
        }
        return BAD_SETTINGS;
    }
}
