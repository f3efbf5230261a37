/**
 * Whether programs that speak the released contracts understand those of today; imports protobuf
 * alone.
 */
@NullMarked
package io.lockstep.proto.contract;

import org.jspecify.annotations.NullMarked;
