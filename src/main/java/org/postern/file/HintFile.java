package org.postern.file;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;

/**
 * A small file of lines that one can do without: written anew and renamed, not synced. Who reads it passes over what he
 * does not understand.
 */
public record HintFile(Path file, Disk disk) {
    private static final int MODE = 0600;
    private static final int LONGEST_LINE = 2000;

    /**
     * The lines, without their ends.
     *
     * @param most so many are read; longer ones than 2,000 octets end the reading
     */
    public List<String> read(int most) throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), StandardCharsets.ISO_8859_1))) {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c >= 0 && lines.size() < most && line.length() < LONGEST_LINE; c = in.read()) {
                if (c == '\n') {
                    lines.add(line.toString());
                    line.setLength(0);
                } else {
                    line.append((char) c);
                }
            }
        } catch (NoSuchFileException e) {
            return lines;
        }
        return lines;
    }

    public void write(List<String> lines) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished);
        try (Disk.Output out = disk.create(unfinished, MODE)) {
            byte[] octets = Octets.bytes(lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
            out.write(octets, 0, octets.length);
        }
        disk.rename(unfinished, file);
    }
}
