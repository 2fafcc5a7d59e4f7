package org.postern.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** A queue in the original's format: {@code mess/N/ID} and {@code todo/ID} or {@code todo/N/ID}. It is only looked at. */
public final class OriginalQueue {
    private OriginalQueue() {}

    /**
     * How many messages lie in it; 0 where there is none.
     *
     * @param queue usually /var/qmail/queue
     */
    public static long messages(Path queue) throws IOException {
        long count = 0;
        try (DirectoryStream<Path> split = Files.newDirectoryStream(queue.resolve("mess"))) {
            for (Path directory : split) {
                if (Files.isDirectory(directory)) {
                    count += numbers(directory);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return 0;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return count;
    }

    private static long numbers(Path directory) throws IOException {
        long count = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "[0-9]*")) {
            for (Path ignored : entries) {
                count++;
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return count;
    }
}
