package io.lockstep.data.bank;

import io.lockstep.data.geometry.Geometry;

/**
 * An object of a piece.
 *
 * @param index of the object in its record
 * @param desc its description
 * @param geometry where it is, in pixels
 */
public record PatchObject(int index, String desc, Geometry geometry) {}
