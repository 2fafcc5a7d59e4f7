package org.postern.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.postern.chain.Env;
import org.postern.os.Octets;

/**
 * Who runs Postern: where his settings and his state are by default, and what secrets his environment has.
 *
 * @param isRoot whether the process has root's rights
 * @param env its environment
 */
public record Runner(boolean isRoot, Env env) {
    /** The settings of the host. */
    public static final Path ETC = Path.of("/etc/postern/postern.toml");

    private static final Path VAR = Path.of("/var/lib/postern");

    /** Where settings are looked for that nobody names, in this order: the host's, then his own. */
    public List<Path> files() {
        return Stream.concat(Stream.of(ETC), isRoot ? Stream.of() : own().stream())
                .toList();
    }

    /** Where init writes settings: for root the host's, else his own; empty where HOME is not set. */
    public Optional<Path> newFile() {
        return isRoot ? Optional.of(ETC) : own();
    }

    private Optional<Path> own() {
        return below("XDG_CONFIG_HOME", ".config").map(directory -> directory.resolve("postern/postern.toml"));
    }

    /** The state directory: /var/lib/postern as root, else ~/.local/state/postern; empty where HOME is not set. */
    public Optional<Path> state() {
        return isRoot
                ? Optional.of(VAR)
                : below("XDG_STATE_HOME", ".local/state").map(directory -> directory.resolve("postern"));
    }

    /** The accounts: /etc/postern/users as root, else users in the state directory. */
    public Optional<Path> users(Optional<Path> home) {
        return isRoot ? Optional.of(ETC.resolveSibling("users")) : home.map(directory -> directory.resolve("users"));
    }

    private Optional<Path> below(String variable, String usual) {
        return env.find(variable)
                .filter(value -> value.startsWith("/"))
                .map(Octets::path)
                .or(() -> env.find("HOME")
                        .filter(value -> !value.isEmpty())
                        .map(home -> Octets.path(home).resolve(usual)));
    }
}
