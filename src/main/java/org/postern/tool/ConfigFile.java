package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Env;
import org.postern.config.Runner;
import org.postern.os.Identity;

/** Which postern.toml a command means. */
final class ConfigFile {
    private ConfigFile() {}

    static Runner runner(Env env, Identity self) {
        return new Runner(self.isRoot(), env);
    }

    /** The one named, else the first that is there: /etc/postern/postern.toml, an ordinary user's own. */
    static Optional<Path> find(@Nullable Path named, Runner runner) {
        // Where it cannot be told, there is one: a demo instead of it would surprise.
        return named != null
                ? Optional.of(named)
                : runner.files().stream().filter(file -> !Files.notExists(file)).findFirst();
    }

    /** The same for a command that needs one. */
    static Path demand(@Nullable Path named, Runner runner) throws IOException {
        return find(named, runner)
                .orElseThrow(() -> new IOException("there is no "
                        + runner.files().stream().map(Path::toString).collect(Collectors.joining(" nor "))
                        + ": name the settings with --config FILE, or make them by postern init"));
    }
}
