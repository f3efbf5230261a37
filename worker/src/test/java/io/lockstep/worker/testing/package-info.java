/** Reference fixtures and local worlds for the tests of all worker packages. */
@NullMarked
package io.lockstep.worker.testing;

import org.jspecify.annotations.NullMarked;
