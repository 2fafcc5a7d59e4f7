package org.postern.tool;
import picocli.CommandLine.Command; import java.util.concurrent.Callable;
/** TEMP. */ @Command(name="train", hidden=true) final class Train implements Callable<Integer> { Train(Tools t) {} public Integer call() { return 0; } }
