package org.postern.chain;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.os.FilesAt;
import org.postern.os.Octets;

/**
 * Which program a name means: found as execvp(3) would with the chain's PATH and working directory. It is ours where
 * the file it leads to is our launcher, under whatever path or link.
 */
public final class Programs {
    /** execvp's own, where PATH is unset. */
    private static final String DEFAULT_PATH = "/bin:/usr/bin";

    private final Function<String, Optional<Tool>> tools;
    private final FilesAt.@Nullable Status launcher;

    /**
     * Knows which programs are ours.
     *
     * @param tools our tools by name
     * @param launcher the file that our links lead to; null where only foreign programs are wanted
     */
    public Programs(Function<String, Optional<Tool>> tools, @Nullable Path launcher) throws IOException {
        this.tools = tools;
        this.launcher = launcher == null ? null : look(launcher).orThrow();
    }

    /** A program that was found. */
    public sealed interface Found {
        record Ours(Tool tool) implements Found {}

        record Foreign(Path file) implements Found {}
    }

    /** @throws IOException what exec would have failed with: ENOENT, EACCES, EISDIR as EACCES */
    public Found find(String name, Env env, Path cwd) throws IOException {
        if (name.indexOf('/') >= 0) {
            Path file = cwd.resolve(Octets.path(name));
            return found(name, file, look(file).orThrow());
        }
        IOException failure = null;
        String path = env.get("PATH");
        for (String directory : (path == null ? DEFAULT_PATH : path).split(":", -1)) {
            Path file = cwd.resolve(Octets.path(directory.isEmpty() ? "." : directory))
                    .resolve(Octets.path(name));
            // An exception for each directory of PATH that has it not would be the dearest part of a session.
            FilesAt.Status status = look(file).status();
            if (status != null) {
                try {
                    return found(name, file, status);
                } catch (AccessDeniedException e) {
                    failure = e;
                }
            }
        }
        throw failure == null ? new NoSuchFileException(name) : failure;
    }

    /** Whether the name means one of ours. */
    public boolean isOurs(String name, Env env, Path cwd) {
        try {
            return find(name, env, cwd) instanceof Found.Ours;
        } catch (IOException e) {
            return false;
        }
    }

    private Found found(String name, Path file, FilesAt.Status status) throws AccessDeniedException {
        if (launcher != null && launcher.isSameFile(status)) {
            Optional<Tool> tool = tools.apply(name.substring(name.lastIndexOf('/') + 1));
            if (tool.isPresent()) {
                return new Found.Ours(tool.get());
            }
        }
        if (status.isDirectory() || !FilesAt.mayExecute(FilesAt.WORKING_DIRECTORY, Octets.of(file))) {
            throw new AccessDeniedException(Octets.of(file));
        }
        return new Found.Foreign(file);
    }

    /** What the name leads to behind all links. */
    private static FilesAt.Found look(Path file) {
        return FilesAt.find(FilesAt.WORKING_DIRECTORY, Octets.of(file));
    }
}
