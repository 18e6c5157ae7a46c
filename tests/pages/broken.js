throw new RangeError('preload broke')
