package org.postern.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.file.DiskStep.Effect;
import org.postern.file.DiskStep.Name;

/**
 * What a power cut may leave of a disk. Goes through the record of a {@link TestingDisk} step by step; between two steps
 * it makes the disks that POSIX allows there: of the changes of names that no sync of their directory covers any may have
 * been kept and any lost, a rename whole or not at all; of a file that is not synced what was written since is there,
 * missing, cut short, or zeros in blocks of 512 or 4,096 octets; what was written before a sync that failed is zeros. All such disks where they are few, otherwise the extremes and as many
 * by chance as are asked for.
 */
public final class PowerCut {
    private static final int[] BLOCKS = {512, 4096};

    private final TestingDisk disk;
    private final List<DiskStep> steps;
    private final Map<Name, Integer> durable = new HashMap<>();
    private final List<List<Effect>> pending = new ArrayList<>();
    private final Map<Integer, Content> contents = new HashMap<>();
    private final List<Object> notes = new ArrayList<>();
    private int done;

    private static final class Content {
        byte[] synced = {};
        final List<DiskStep> since = new ArrayList<>();

        byte[] after(int count) {
            byte[] now = synced;
            for (DiskStep step : since.subList(0, count)) {
                now = apply(now, step);
            }
            return now;
        }

        /** The kernel takes for written what the disk has refused: no later sync writes it. */
        void lose() {
            byte[] all = all();
            synced = zeros(all, synced.length, 0, all.length);
            since.clear();
        }

        byte[] all() {
            return after(since.size());
        }

        private static byte[] apply(byte[] now, DiskStep step) {
            return switch (step) {
                case DiskStep.Written written -> append(now, written.octets(), written.octets().length);
                case DiskStep.Truncated cut -> Arrays.copyOf(now, cut.size());
                default -> throw new IllegalStateException("not a change of a file: " + step);
            };
        }
    }

    public PowerCut(TestingDisk disk) {
        this.disk = disk;
        steps = disk.steps();
        skipTo(disk.known());
    }

    /** Goes on until so many steps are done, or all. */
    public PowerCut skipTo(int step) {
        while (done < step && next()) {
            continue;
        }
        return this;
    }

    /** Goes one step on; false at the end. */
    public boolean next() {
        if (done == steps.size()) {
            return false;
        }
        switch (steps.get(done++)) {
            case DiskStep.Changed changed -> pending.add(changed.effects());
            case DiskStep.Written written -> content(written.file()).since.add(written);
            case DiskStep.Truncated cut -> content(cut.file()).since.add(cut);
            case DiskStep.FileSynced synced -> {
                Content content = content(synced.file());
                content.synced = content.all();
                content.since.clear();
            }
            case DiskStep.FileSyncFailed failed -> content(failed.file()).lose();
            case DiskStep.DirectorySynced synced -> sync(synced.directory());
            case DiskStep.Noted noted -> notes.add(noted.what());
        }
        return true;
    }

    /** Which step was the last. */
    public int step() {
        return done;
    }

    /** What was done before the cut, for whoever has to find out why. */
    public String history() {
        StringBuilder lines = new StringBuilder("cut after step " + done + " of:\n");
        for (DiskStep step : steps.subList(disk.known(), done)) {
            lines.append(
                            step instanceof DiskStep.Written written
                                    ? "Written[file=" + written.file() + ", " + written.octets().length + " octets]"
                                    : step)
                    .append('\n');
        }
        return lines.toString();
    }

    /** What was noted so far. */
    public List<Object> notes() {
        return List.copyOf(notes);
    }

    private Content content(int file) {
        return contents.computeIfAbsent(file, f -> new Content());
    }

    private void sync(int directory) {
        for (int i = 0; i < pending.size(); i++) {
            List<Effect> change = pending.get(i);
            if (change.stream().anyMatch(e -> e.name().directory() == directory)) {
                pending.remove(i);
                i--;
                for (Effect effect : change) {
                    apply(effect, durable);
                    // What happened to the same name before cannot come after it any more.
                    for (int j = 0; j <= i; j++) {
                        pending.set(
                                j,
                                pending.get(j).stream()
                                        .filter(e -> !e.name().equals(effect.name()))
                                        .toList());
                    }
                }
            }
        }
        pending.removeIf(List::isEmpty);
    }

    private static void apply(Effect effect, Map<Name, Integer> names) {
        Integer inode = effect.inode();
        if (inode == null) {
            names.remove(effect.name());
        } else {
            names.put(effect.name(), inode);
        }
    }

    /**
     * The disks that power cut here may leave, each once.
     *
     * @param most so many by chance where there are more
     */
    public List<DiskImage> disks(Path base, int most, RandomGenerator random) {
        Map<String, DiskImage> found = new LinkedHashMap<>();
        List<Integer> torn = contents.entrySet().stream()
                .filter(e -> !e.getValue().since.isEmpty())
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        Map<Integer, List<byte[]>> pieces = new HashMap<>();
        double count = Math.pow(2, pending.size());
        for (int file : torn) {
            List<byte[]> some = pieces(content(file));
            pieces.put(file, some);
            count *= some.size();
        }
        if (count <= most) {
            all(base, torn, pieces, found);
        } else {
            extremes(base, torn, pieces, found);
            for (int i = 0; i < most; i++) {
                Map<Integer, byte[]> chosen = new HashMap<>();
                torn.forEach(file -> chosen.put(file, piece(content(file), random)));
                add(image(base, chance(random), chosen), found);
            }
        }
        return List.copyOf(found.values());
    }

    private void all(Path base, List<Integer> torn, Map<Integer, List<byte[]>> pieces, Map<String, DiskImage> found) {
        for (long mask = 0; mask < 1L << pending.size(); mask++) {
            BitSet kept = BitSet.valueOf(new long[] {mask});
            combine(base, kept, torn, pieces, new HashMap<>(), found);
        }
    }

    private void combine(
            Path base,
            BitSet kept,
            List<Integer> torn,
            Map<Integer, List<byte[]>> pieces,
            Map<Integer, byte[]> chosen,
            Map<String, DiskImage> found) {
        if (chosen.size() == torn.size()) {
            add(image(base, kept, chosen), found);
            return;
        }
        int file = torn.get(chosen.size());
        for (byte[] piece : Objects.requireNonNull(pieces.get(file))) {
            chosen.put(file, piece);
            combine(base, kept, torn, pieces, chosen, found);
            chosen.remove(file);
        }
    }

    /** Nothing, everything, all but one, one alone; the files as they were synced, as they were written, and torn. */
    private void extremes(
            Path base, List<Integer> torn, Map<Integer, List<byte[]>> pieces, Map<String, DiskImage> found) {
        List<BitSet> names = new ArrayList<>();
        BitSet everything = new BitSet();
        everything.set(0, pending.size());
        names.add(new BitSet());
        names.add(everything);
        BitSet removals = new BitSet();
        for (int i = 0; i < pending.size(); i++) {
            BitSet one = new BitSet();
            one.set(i);
            names.add(one);
            BitSet others = (BitSet) everything.clone();
            others.clear(i);
            names.add(others);
            removals.set(i, pending.get(i).stream().allMatch(e -> e.inode() == null));
        }
        names.add(removals);
        int most = pieces.values().stream().mapToInt(List::size).max().orElse(1);
        for (BitSet kept : names) {
            for (int i = 0; i < most; i++) {
                Map<Integer, byte[]> chosen = new HashMap<>();
                for (int file : torn) {
                    List<byte[]> some = Objects.requireNonNull(pieces.get(file));
                    chosen.put(file, some.get(i % some.size()));
                }
                add(image(base, kept, chosen), found);
            }
        }
    }

    private BitSet chance(RandomGenerator random) {
        BitSet kept = new BitSet();
        int percent = 10 + random.nextInt(81);
        for (int i = 0; i < pending.size(); i++) {
            kept.set(i, random.nextInt(100) < percent);
        }
        return kept;
    }

    /** The usual ways in which a file that is not synced comes out of it. */
    private static List<byte[]> pieces(Content content) {
        byte[] all = content.all();
        List<byte[]> pieces = new ArrayList<>(List.of(content.synced, all));
        int from = Math.min(content.synced.length, all.length);
        if (all.length > from) {
            pieces.add(Arrays.copyOf(all, from + (all.length - from) / 2));
            pieces.add(zeros(all, from, from, all.length));
            for (int block : BLOCKS) {
                int last = (all.length - 1) / block * block;
                if (last > from) {
                    pieces.add(zeros(all, from, last, all.length));
                    pieces.add(zeros(all, from, 0, from / block * block + block));
                }
            }
        }
        return pieces;
    }

    private static byte[] piece(Content content, RandomGenerator random) {
        int steps = random.nextInt(content.since.size() + 1);
        byte[] piece = content.after(steps);
        if (steps < content.since.size() && content.since.get(steps) instanceof DiskStep.Written next) {
            piece = append(piece, next.octets(), random.nextInt(next.octets().length + 1));
        }
        int from = Math.min(content.synced.length, piece.length);
        if (random.nextBoolean()) {
            int block = BLOCKS[random.nextInt(BLOCKS.length)];
            for (int at = from / block * block; at < piece.length; at += block) {
                piece = random.nextInt(4) == 0 ? zeros(piece, from, at, at + block) : piece;
            }
        }
        return piece;
    }

    private static byte[] append(byte[] to, byte[] octets, int length) {
        byte[] longer = Arrays.copyOf(to, to.length + length);
        System.arraycopy(octets, 0, longer, to.length, length);
        return longer;
    }

    /** Zeros for a block, as far as it was not synced. */
    private static byte[] zeros(byte[] all, int synced, int from, int to) {
        byte[] zeros = all.clone();
        Arrays.fill(zeros, Math.max(from, synced), Math.clamp(to, Math.max(from, synced), all.length), (byte) 0);
        return zeros;
    }

    private static void add(DiskImage image, Map<String, DiskImage> found) {
        found.putIfAbsent(image.digest(), image);
    }

    private DiskImage image(Path base, BitSet kept, Map<Integer, byte[]> chosen) {
        Map<Name, Integer> names = new HashMap<>(durable);
        kept.stream().forEach(i -> pending.get(i).forEach(effect -> apply(effect, names)));
        Map<Integer, Map<String, Integer>> directories = new HashMap<>();
        names.forEach((name, inode) -> directories
                .computeIfAbsent(name.directory(), d -> new TreeMap<>())
                .put(name.text(), inode));
        TreeMap<String, DiskImage.Entry> entries = new TreeMap<>();
        collect("", disk.number(base), directories, chosen, disk.inodes(), entries);
        return new DiskImage(disk.inodes().get(disk.number(base)), entries);
    }

    private void collect(
            String prefix,
            int directory,
            Map<Integer, Map<String, Integer>> directories,
            Map<Integer, byte[]> chosen,
            List<TestingDisk.Inode> inodes,
            TreeMap<String, DiskImage.Entry> entries) {
        directories.getOrDefault(directory, Map.of()).forEach((name, number) -> {
            TestingDisk.Inode inode = inodes.get(number);
            byte @Nullable [] octets = null;
            if (inode.isDirectory()) {
                collect(prefix + name + "/", number, directories, chosen, inodes, entries);
            } else {
                octets = chosen.getOrDefault(number, content(number).synced);
            }
            entries.put(prefix + name, new DiskImage.Entry(inode, octets));
        });
    }
}
