package org.postern;

/**
 * The start/stop script with Debian's tcpserver, tcprules and envdir, whose sessions are processes of their own and outlive
 * a tcpserver that was told to end. What Debian does not have is stood in for.
 */
class StartScriptCompatIT extends StartScriptIT {
    @Override
    String programs() {
        return "";
    }
}
