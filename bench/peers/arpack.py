"""SciPy's eigsh (ARPACK) on a float32 matrix in a file, for bench/eigenvalues.ts: eigenvalues and products by question and seed."""

import json
import sys

import numpy as np
from scipy.linalg import eigvalsh
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

path, size, asked, seeds = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
matrix = np.fromfile(path, dtype=np.float32).reshape(size, size)


def found(question, seed):
    products = 0

    def matvec(v):
        nonlocal products
        products += 1
        return matrix @ v

    largest = question["which"] == "largest"
    start = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    operator = LinearOperator((size, size), matvec=matvec, dtype=np.float32)
    try:
        values = eigsh(
            operator,
            k=question["k"],
            which="LA" if largest else "SA",
            tol=question["tolerance"],
            v0=start,
            return_eigenvectors=False,
        )
    except ArpackNoConvergence as error:
        values = error.eigenvalues
    return {"values": sorted((float(x) for x in values), reverse=largest), "products": products}


print(
    json.dumps(
        {
            "exact": [float(x) for x in eigvalsh(matrix.astype(np.float64))],
            "found": [[found(question, seed) for seed in range(seeds)] for question in asked],
        }
    )
)
