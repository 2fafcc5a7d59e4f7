package org.postern.tcp;

/** A wire with no descriptors: what a read and a write do is the test's. */
public abstract class TestingBareWire implements Wire {
    @Override
    public int inputDescriptor() {
        return -1;
    }

    @Override
    public int outputDescriptor() {
        return -1;
    }

    @Override
    public void shutdownOutput() {}

    @Override
    public void close() {}
}
