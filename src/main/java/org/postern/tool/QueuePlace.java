package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Env;
import org.postern.config.PosternToml;
import org.postern.config.Runner;
import org.postern.config.SettingsException;
import org.postern.gateway.Demo;
import org.postern.os.Identity;
import org.postern.os.Octets;

/** Where the queue lies that an administrator means who names none. */
record QueuePlace(Env env, Identity self) {
    private static final String QMAILHOME = "QMAILHOME";

    /**
     * Finds it: as named, else that of QMAILHOME, else the one that is there of the programs' and serve's.
     *
     * @param queue its directory
     * @param config the settings of a postern serve
     * @throws IOException where there is none, or more than one
     */
    Path find(@Nullable Path queue, @Nullable Path config) throws IOException {
        if (queue != null) {
            return isQueue(queue, "--queue");
        }
        if (config != null) {
            return isQueue(ofServe(config), config.toString());
        }
        String home = env.find(QMAILHOME).orElse(null);
        if (home != null) {
            return isQueue(Octets.path(home).resolve("postern-queue"), QMAILHOME);
        }
        List<Path> there = new ArrayList<>();
        List<Path> looked = new ArrayList<>(List.of(Path.of("/var/qmail/postern-queue")));
        Runner runner = ConfigFile.runner(env, self);
        Optional<Path> settings = ConfigFile.find(null, runner);
        looked.add(
                settings.isPresent()
                        ? ofServe(settings.get())
                        : Demo.stateDirectory(runner).resolve("queue"));
        for (Path each : looked) {
            if (Files.exists(each.resolve("format"))) {
                there.add(each);
            }
        }
        return switch (there.size()) {
            case 1 -> there.getFirst();
            case 0 ->
                throw new IOException("there is no queue in " + words(looked, " nor in ") + ": name it, --queue DIR");
            default ->
                throw new IOException("there are queues in " + words(there, " and in ") + ": name one, --queue DIR");
        };
    }

    private static String words(List<Path> paths, String between) {
        return String.join(between, paths.stream().map(Path::toString).toList());
    }

    private Path ofServe(Path config) throws IOException {
        try {
            return PosternToml.home(config, ConfigFile.runner(env, self)).resolve("queue");
        } catch (SettingsException e) {
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Path isQueue(Path directory, String by) throws IOException {
        if (Files.notExists(directory.resolve("format"))) {
            throw new IOException(directory + " (" + by + ") is no queue of Postern");
        }
        return directory;
    }
}
